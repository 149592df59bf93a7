;; Tells a kind of target that no contract knows.
(data (i32.const 8192) "key")
(func $sin (call $notify (i32.const 8192) (i32.const 3) (i32.const 99) (i32.const 8192) (i32.const 3)))
