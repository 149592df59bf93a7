;; Says that it is built for 0.1.99, and has nothing of what that must have.
(component (instance $i) (export "bellwire:policy/evaluator@0.1.99" (instance $i)))
