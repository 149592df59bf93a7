;; Returns an alert whose only label has a value of 40 MB.
(func $sin
  (drop (memory.grow (i32.const 900)))
  (i32.store (i32.const 1028) (i32.const 8448))
  (i32.store (i32.const 1032) (i32.const 1))
  (i32.store (i32.const 8448) (i32.const 8704))
  (i32.store (i32.const 8452) (i32.const 1))
  (i32.store (i32.const 8704) (i32.const 2048))
  (i32.store (i32.const 8708) (i32.const 6))
  (i32.store (i32.const 8712) (i32.const 131072))
  (i32.store (i32.const 8716) (i32.const 40000000)))
