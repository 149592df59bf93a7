;; The core module that every test's source and channel is made of: `INTERFACE`, `ITEMS` and `FUNCTION` are replaced by
;; the test. Laid out as the canonical ABI has it: an answer is built in place at fixed addresses below 64 KiB, and what
;; the host hands in goes above, where nothing is ever freed.
(module
  (memory (export "memory") 2)
  (global $top (mut i32) (i32.const 65536))

  ;; As a string and as a list of one: "steady". As a pair, and as a list of one: steady=steady.
  (data (i32.const 2048) "steady")
  (data (i32.const 2064) "\00\08\00\00\06\00\00\00\00\08\00\00\06\00\00\00")

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

  ;; Four strings, each "steady".
  (data (i32.const 1200) "\00\08\00\00\06\00\00\00\00\08\00\00\06\00\00\00\00\08\00\00\06\00\00\00\00\08\00\00\06\00\00\00")
  (func (export "INTERFACE#describe") (result i32) (i32.const 1200))

  ;; No settings: one problem, of two strings as above. Any settings: wants "steady" of the first thing there is.
  (data (i32.const 1300) "\00\00\00\00\10\08\00\00\01\00\00\00")
  (data (i32.const 1400) "\01\00\00\00\b0\04\00\00\01\00\00\00")
  (func (export "INTERFACE#check") (param i32 i32) (result i32)
    (select (i32.const 1300) (i32.const 1400) (local.get 1)))

  ITEMS
  FUNCTION)
