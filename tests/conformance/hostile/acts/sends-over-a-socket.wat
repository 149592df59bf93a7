;; Sends over a socket, and would loop for ever if there were one.
(import "wasi_snapshot_preview1" "sock_send" (func $sock_send (param i32 i32 i32 i32 i32) (result i32)))
(func $sin
  (if (i32.eqz (call $sock_send (i32.const 3) (i32.const 8192) (i32.const 0) (i32.const 0) (i32.const 8256)))
    (then (loop $for_ever (br $for_ever)))))
