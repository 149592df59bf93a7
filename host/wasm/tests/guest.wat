;; The core module that every test's policy is made of: `IMPORTS`, `ITEMS` and `EVALUATE` are replaced by the test.
;; Laid out as the canonical ABI has it: an answer is built in place at fixed addresses below 64 KiB, and what the host
;; hands in goes above, where nothing is ever freed.
(module
  IMPORTS
  (memory (export "memory") 2)
  (global $top (mut i32) (i32.const 65536))

  (data (i32.const 2048) "steady")
  (data (i32.const 2064) "\ff\fe")

  (func (export "cabi_realloc") (param i32 i32) (param $align i32) (param $size i32) (result i32)
    (local $at i32)
    (local.set $at (i32.and
      (i32.add (global.get $top) (i32.sub (local.get $align) (i32.const 1)))
      (i32.sub (i32.const 0) (local.get $align))))
    (global.set $top (i32.add (local.get $at) (local.get $size)))
    (block $fits (loop $grow
      (br_if $fits (i32.le_u (global.get $top) (i32.mul (memory.size) (i32.const 65536))))
      (br_if $grow (i32.ne (memory.grow (i32.const 1)) (i32.const -1)))
      unreachable))
    (local.get $at))

  ;; An ok(decision) at 1024: P1, no notices, no next check, this reason.
  (func $decide (param $reason i32) (param $length i32) (result i32)
    (i32.store (i32.const 1064) (local.get $reason))
    (i32.store (i32.const 1068) (local.get $length))
    (i32.const 1024))
  ;; An err(policy-error) at 1024, of this case, saying "steady".
  (func $refuse (param $case i32) (result i32)
    (i32.store8 (i32.const 1024) (i32.const 1))
    (i32.store8 (i32.const 1032) (local.get $case))
    (i64.store align=4 (i32.const 1036) (i64.const 0x600000800))
    (i64.store align=4 (i32.const 1044) (i64.const 0x600000800))
    (i32.const 1024))
  ;; One notice with this key to this target, at 1100 and 1160.
  (func $notify (param $key i32) (param $key_length i32) (param $case i32) (param $name i32) (param $name_length i32)
    (i64.store align=4 (i32.const 1036) (i64.const 0x10000044C))
    (i32.store (i32.const 1100) (local.get $key))
    (i32.store (i32.const 1104) (local.get $key_length))
    (i64.store align=4 (i32.const 1108) (i64.const 0x100000488))
    (i32.store8 (i32.const 1116) (i32.const 1))
    (i32.store8 (i32.const 1160) (local.get $case))
    (i32.store (i32.const 1164) (local.get $name))
    (i32.store (i32.const 1168) (local.get $name_length)))

  ;; Four strings, each "steady".
  (data (i32.const 1200) "\00\08\00\00\06\00\00\00\00\08\00\00\06\00\00\00\00\08\00\00\06\00\00\00\00\08\00\00\06\00\00\00")
  (func (export "bellwire:policy/evaluator@0.1.1#describe") (result i32) (i32.const 1200))

  ;; No settings: one problem, of two strings as above. Any settings: wants nothing (zeros).
  (data (i32.const 1400) "\01\00\00\00\b0\04\00\00\01\00\00\00")
  (func (export "bellwire:policy/evaluator@0.1.1#check") (param i32 i32) (result i32)
    (select (i32.const 1300) (i32.const 1400) (local.get 1)))

  ITEMS
  ;; The facts begin 8 bytes after $in, the incident 16 bytes.
  (func (export "bellwire:policy/evaluator@0.1.1#evaluate") (param $in i32) (result i32)
    EVALUATE))
