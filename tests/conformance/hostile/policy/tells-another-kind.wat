;; Tells a kind of target that a later contract may know.
(data (i32.const 8192) "key")
(data (i32.const 8208) "carrier-pigeon")
(func $sin
  (call $notify (i32.const 8192) (i32.const 3) (i32.const 3) (i32.const 8208) (i32.const 14))
  (i32.store (i32.const 1172) (i32.const 8192))
  (i32.store (i32.const 1176) (i32.const 3)))
