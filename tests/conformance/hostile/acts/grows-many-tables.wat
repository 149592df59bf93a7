;; Grows each table that it may have by little steps, without end.
(table $one 1 funcref)
(table $two 1 funcref)
(func $sin (loop $more
  (drop (table.grow $one (ref.null func) (i32.const 100)))
  (drop (table.grow $two (ref.null func) (i32.const 100)))
  (br $more)))
