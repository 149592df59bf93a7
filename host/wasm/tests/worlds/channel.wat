  (data (i32.const 2304) "POST")
  ;; Two parts: the text "steady", and the secret of that name.
  (data (i32.const 2320) "\00\00\00\00\00\08\00\00\06\00\00\00\01\00\00\00\00\08\00\00\06\00\00\00")
  ;; A header: "steady", with both parts.
  (data (i32.const 2352) "\00\08\00\00\06\00\00\00\10\09\00\00\02\00\00\00")
  ;; send: POST to both parts, with the header, and a body that is one text.
  (func $send (param $body i32) (param $length i32) (result i32)
    (i64.store align=4 (i32.const 1040) (i64.const 0x400000900))
    (i64.store align=4 (i32.const 1048) (i64.const 0x200000910))
    (i64.store align=4 (i32.const 1056) (i64.const 0x100000930))
    (i64.store align=4 (i32.const 1064) (i64.const 0x100000980))
    (i32.store (i32.const 2436) (local.get $body))
    (i32.store (i32.const 2440) (local.get $length))
    (i32.const 1024))
  ;; delivered, with this receipt.
  (func $deliver (param $receipt i32) (param $length i32) (result i32)
    (i32.store8 (i32.const 1032) (i32.const 1))
    (i32.store8 (i32.const 1040) (i32.const 1))
    (i32.store (i32.const 1044) (local.get $receipt))
    (i32.store (i32.const 1048) (local.get $length))
    (i32.const 1024))
  ;; retry after 7 seconds, saying this.
  (func $retry (param $reason i32) (param $length i32) (result i32)
    (i32.store8 (i32.const 1032) (i32.const 2))
    (i32.store8 (i32.const 1040) (i32.const 1))
    (i64.store (i32.const 1048) (i64.const 7000))
    (i32.store (i32.const 1056) (local.get $reason))
    (i32.store (i32.const 1060) (local.get $length))
    (i32.const 1024))
  ;; permanent (3) or another step (4), saying "steady".
  (func $step (param $case i32) (result i32)
    (i32.store8 (i32.const 1032) (local.get $case))
    (i64.store align=4 (i32.const 1040) (i64.const 0x600000800))
    (i64.store align=4 (i32.const 1048) (i64.const 0x600000800))
    (i32.const 1024))
  ;; An error of this case, saying "steady".
  (func $refuse (param $case i32) (result i32)
    (i32.store8 (i32.const 1024) (i32.const 1))
    (i32.store8 (i32.const 1032) (local.get $case))
    (i64.store align=4 (i32.const 1036) (i64.const 0x600000800))
    (i64.store align=4 (i32.const 1044) (i64.const 0x600000800))
    (i32.const 1024))

  ;; The message begins 8 bytes after $in, its incident 56; the responses are at 200.
  (func (export "INTERFACE#next") (param $in i32) (result i32)
    BODY)
