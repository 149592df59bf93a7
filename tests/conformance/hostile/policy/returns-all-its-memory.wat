;; Returns all of its memory as the reason.
(func $sin
  (drop (memory.grow (i32.const 1000)))
  (i32.store (i32.const 1064) (i32.const 131072))
  (i32.store (i32.const 1068) (i32.const 65000000)))
