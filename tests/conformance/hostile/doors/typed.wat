;; The typed door: a policy, source or channel that commits its sin at SIN when it is asked QUESTION, and then answers with
;; what lies at $answer: P1 with the reason "steady", no alerts, or "delivered", unless the sin wrote over it. Laid out as the
;; canonical ABI has it: answers are below 8192, a sin's own data from there to 65536, and what the host hands in goes above,
;; where nothing is ever freed.
(module
  IMPORTS
  (memory (export "memory") 2)
  SIN
  (global $answer (mut i32) (i32.const 1024))
  (global $top (mut i32) (i32.const 65536))
  (data (i32.const 2048) "steady")

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

  ;; A description: four texts, each "steady". What is wanted of any settings, at 1300: nothing.
  (data (i32.const 1200) "\00\08\00\00\06\00\00\00\00\08\00\00\06\00\00\00\00\08\00\00\06\00\00\00\00\08\00\00\06\00\00\00")
  (func (export "bellwire:policy/INTERFACE@0.1.1#describe") (result i32) (i32.const 1200))
  (func (export "bellwire:policy/INTERFACE@0.1.1#check") (param i32 i32) (result i32) (i32.const 1300))

  ;; Puts one notice into the answer, with this key, to this target: 0 receiver, 1 person, 2 schedule, 3 another.
  (func $notify (param $key i32) (param $length i32) (param $case i32) (param $name i32) (param $name_length i32)
    (i64.store align=4 (i32.const 1036) (i64.const 0x1_0000_044c))
    (i32.store (i32.const 1100) (local.get $key))
    (i32.store (i32.const 1104) (local.get $length))
    (i64.store align=4 (i32.const 1108) (i64.const 0x1_0000_0488))
    (i32.store8 (i32.const 1116) (i32.const 1))
    (i32.store8 (i32.const 1160) (local.get $case))
    (i32.store (i32.const 1164) (local.get $name))
    (i32.store (i32.const 1168) (local.get $name_length)))

  ;; A policy's answer, by its offset from 1024: 0 ok or error; 8 priority; 12 and 16 the notices and how many; 24 is there a
  ;; next check, and 32 when; 40 and 44 the reason and its length. A source's: 0 ok or error; 4 and 8 the alerts and how many,
  ;; of 64 bytes each. A channel's: 0 ok or error; 8 the step, from 16 on what belongs to it.
  ANSWER
  (func (export "bellwire:policy/INTERFACE@0.1.1#QUESTION (result i32)
    (call $sin)
    (global.get $answer)))
