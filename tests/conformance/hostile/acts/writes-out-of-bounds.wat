;; Writes as far beyond its memory as an instruction can reach.
(func $sin (i64.store offset=0xffffffff (i32.const 0xffffffff) (i64.const -1)))
