;; Decides a notice whose key would end a line of a log and a part of a path.
(data (i32.const 8192) "a/../b\r\nok\00")
(func $sin (call $notify (i32.const 8192) (i32.const 11) (i32.const 0) (i32.const 2048) (i32.const 6)))
