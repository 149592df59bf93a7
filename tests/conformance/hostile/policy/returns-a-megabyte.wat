;; Returns a reason of a megabyte.
(func $sin
  (drop (memory.grow (i32.const 32)))
  (memory.fill (i32.const 131072) (i32.const 120) (i32.const 1000000))
  (i32.store (i32.const 1064) (i32.const 131072))
  (i32.store (i32.const 1068) (i32.const 1000000)))
