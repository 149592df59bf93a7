;; Returns a list of four thousand million notices.
(func $sin (i32.store (i32.const 1040) (i32.const 0xffffffff)))
