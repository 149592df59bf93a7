;; Asks for what nobody has heard of.
(component (import "acme:bank/account@1.0.0" (instance (export "transfer" (func)))))
