;; Exports a function by the name of the interface.
(component
  (core module $module (func (export "f")))
  (core instance $core (instantiate $module))
  (func $f (canon lift (core func $core "f")))
  (export "bellwire:policy/evaluator@0.1.1" (func $f)))
