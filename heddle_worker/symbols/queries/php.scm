(trait_declaration name: (name) @name) @definition.trait
(enum_declaration name: (name) @name) @definition.enum
(method_declaration name: (name) @name) @definition.method
(method_declaration name: (name) @name !body) @definition.signature
(const_declaration (const_element (name) @name)) @definition.constant
(function_call_expression function: (name) @_define arguments: (arguments . (argument (string (string_content) @name)))
  (#eq? @_define "define")) @definition.constant

(comment) @comment
(string_content) @text
(nowdoc_string) @text
(text) @text
(function_call_expression function: [(name) @call (qualified_name (name) @call)])
(scoped_call_expression name: (name) @call)
(member_call_expression name: (name) @call)
(nullsafe_member_call_expression name: (name) @call)
(object_creation_expression [(name) @call (qualified_name (name) @call)])
