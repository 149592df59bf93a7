;; Decides a notice without a key.
(func $sin (call $notify (i32.const 8192) (i32.const 0) (i32.const 0) (i32.const 2048) (i32.const 6)))
