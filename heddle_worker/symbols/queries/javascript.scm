; What JavaScript has and TypeScript has not, by the names of their nodes.

(field_definition property: (_) @name value: [(arrow_function) (function_expression)]) @definition.method
