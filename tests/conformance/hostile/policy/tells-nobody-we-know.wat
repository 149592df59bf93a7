;; Tells a receiver that the team does not have.
(data (i32.const 8192) "key")
(data (i32.const 8208) "somebody-else")
(func $sin (call $notify (i32.const 8192) (i32.const 3) (i32.const 0) (i32.const 8208) (i32.const 13)))
