;; Returns twenty thousand alerts without a label.
(func $sin
  (drop (memory.grow (i32.const 40)))
  (i32.store (i32.const 1028) (i32.const 131072))
  (i32.store (i32.const 1032) (i32.const 20000)))
