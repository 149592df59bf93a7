;; Wants to send a method of 100 MB, which is more than its memory.
(func $sin
  (i32.store8 (i32.const 1032) (i32.const 0))
  (i32.store (i32.const 1040) (i32.const 8192))
  (i32.store (i32.const 1044) (i32.const 100000000)))
