;; Wants to send a method of nearly a megabyte.
(func $sin
  (drop (memory.grow (i32.const 32)))
  (i32.store8 (i32.const 1032) (i32.const 0))
  (i32.store (i32.const 1040) (i32.const 131072))
  (i32.store (i32.const 1044) (i32.const 1000000)))
