;; Decides a notice with a key that is the host's own.
(data (i32.const 8192) "bellwire:reassigned-1")
(func $sin (call $notify (i32.const 8192) (i32.const 21) (i32.const 0) (i32.const 2048) (i32.const 6)))
