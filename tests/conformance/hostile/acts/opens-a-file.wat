;; Opens a file, and would loop for ever if it got one.
(import "wasi_snapshot_preview1" "path_open" (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
(data (i32.const 8192) "/etc/passwd")
(func $sin
  (if (i32.eqz (call $path_open (i32.const 3) (i32.const 0) (i32.const 8192) (i32.const 11) (i32.const 0) (i64.const 2)
      (i64.const 0) (i32.const 0) (i32.const 8256)))
    (then (loop $for_ever (br $for_ever)))))
