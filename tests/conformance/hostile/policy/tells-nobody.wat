;; Decides a notice to nobody at all.
(data (i32.const 8192) "key")
(func $sin
  (call $notify (i32.const 8192) (i32.const 3) (i32.const 0) (i32.const 8192) (i32.const 3))
  (i32.store (i32.const 1112) (i32.const 0)))
