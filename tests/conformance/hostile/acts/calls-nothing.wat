;; Calls an element of a table in which there is no function.
(type $nothing (func))
(table $functions 1 funcref)
(func $sin (call_indirect $functions (type $nothing) (i32.const 0)))
