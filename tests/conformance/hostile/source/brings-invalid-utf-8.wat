;; Returns an alert whose only label is not UTF-8.
(data (i32.const 8192) "\ff\fe\fd")
(func $sin
  (i32.store (i32.const 1028) (i32.const 8448))
  (i32.store (i32.const 1032) (i32.const 1))
  (i32.store (i32.const 8448) (i32.const 8704))
  (i32.store (i32.const 8452) (i32.const 1))
  (i32.store (i32.const 8704) (i32.const 8192))
  (i32.store (i32.const 8708) (i32.const 3)))
