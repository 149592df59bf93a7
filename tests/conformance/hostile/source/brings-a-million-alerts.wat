;; Returns a list of a million alerts, of 64 bytes each.
(func $sin
  (drop (memory.grow (i32.const 980)))
  (i32.store (i32.const 1028) (i32.const 131072))
  (i32.store (i32.const 1032) (i32.const 1000000)))
