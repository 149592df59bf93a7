;; Reads where it has no memory.
(func $sin (drop (i64.load (i32.const 0xfffffff0))))
