;; Decides a notice with a key of 50,000 characters.
(func $sin
  (memory.fill (i32.const 8192) (i32.const 107) (i32.const 50000))
  (call $notify (i32.const 8192) (i32.const 50000) (i32.const 0) (i32.const 8192) (i32.const 3)))
