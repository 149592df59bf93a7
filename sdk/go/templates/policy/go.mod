module {{name}}

go 1.25

require bellwire v0.0.0

replace bellwire => ./sdk/go

// `go tool plugin` compiles the policy to {{name}}.wasm; `bellwire plugin test` runs its cases.
tool bellwire/plugin
