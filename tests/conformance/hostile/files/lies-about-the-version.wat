;; Says that it is built for a version that there is not yet.
(component (instance $i) (export "bellwire:policy/evaluator@0.2.0" (instance $i)))
