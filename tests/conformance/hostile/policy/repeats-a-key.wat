;; Decides two notices with the same key.
(func $sin
  (call $notify (i32.const 2048) (i32.const 6) (i32.const 0) (i32.const 2048) (i32.const 6))
  (memory.copy (i32.const 8192) (i32.const 1100) (i32.const 40))
  (memory.copy (i32.const 8232) (i32.const 1100) (i32.const 40))
  (i32.store (i32.const 1036) (i32.const 8192))
  (i32.store (i32.const 1040) (i32.const 2)))
