;; Has the functions of a policy, and none of them is as the contract has it.
(component
  (core module $module (func (export "f") (result i32) (i32.const 7)))
  (core instance $core (instantiate $module))
  (func $f (result u32) (canon lift (core func $core "f")))
  (instance $i (export "describe" (func $f)) (export "check" (func $f)) (export "evaluate" (func $f)))
  (export "bellwire:policy/evaluator@0.1.1" (instance $i)))
