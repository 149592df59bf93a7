;; Returns a reason that is not UTF-8.
(data (i32.const 8192) "\ff\fe\fd")
(func $sin (i32.store (i32.const 1064) (i32.const 8192)) (i32.store (i32.const 1068) (i32.const 3)))
