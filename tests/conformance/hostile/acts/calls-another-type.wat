;; Calls a function by another type than it has.
(type $other (func (param f64) (result f64)))
(table $functions 1 funcref)
(elem (i32.const 0) $sin)
(func $sin (drop (call_indirect $functions (type $other) (f64.const 0) (i32.const 0))))
