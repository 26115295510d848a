; What TypeScript adds to JavaScript.

(function_signature name: (identifier) @name) @definition.signature
(method_signature name: (_) @name) @definition.signature
(abstract_method_signature name: (_) @name) @definition.signature
(public_field_definition name: (_) @name
  value: [(arrow_function) (function_expression)]) @definition.method
(class_declaration name: (type_identifier) @name) @definition.class
(abstract_class_declaration name: (type_identifier) @name) @definition.class
(enum_declaration name: (identifier) @name) @definition.enum
(type_alias_declaration name: (type_identifier) @name) @definition.type
(module name: [(identifier) (string) (nested_identifier)] @name) @definition.module
(internal_module name: [(identifier) (string) (nested_identifier)] @name) @definition.module

(ambient_declaration) @wrap
