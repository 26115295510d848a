(method_declaration
  receiver: (parameter_list (parameter_declaration type: [
    (type_identifier) @parent
    (generic_type type: (type_identifier) @parent)
    (pointer_type [
      (type_identifier) @parent
      (generic_type type: (type_identifier) @parent)])]))
  name: (field_identifier) @name) @definition.method
(type_spec name: (type_identifier) @name type: (struct_type)) @definition.struct
(type_spec name: (type_identifier) @name type: (interface_type)) @definition.interface
(type_alias name: (type_identifier) @name) @definition.type
(method_elem name: (field_identifier) @name) @definition.signature
(function_declaration name: (identifier) @name !body) @definition.signature
(source_file (const_declaration (const_spec name: (identifier) @name) @definition.constant))
(source_file (var_declaration (var_spec name: (identifier) @name) @definition.constant))
(source_file (var_declaration (var_spec_list (var_spec name: (identifier) @name) @definition.constant)))

(type_declaration) @wrap
(const_declaration) @wrap
(var_declaration) @wrap

(comment) @comment
(interpreted_string_literal) @text
(raw_string_literal) @text
(rune_literal) @text
; What a line break ends although it could go on.
(return_statement) @end
(break_statement) @end
(continue_statement) @end
(expression_statement (call_expression function: (parenthesized_expression))) @mark
(call_expression function: [
  (identifier) @call
  (selector_expression field: (field_identifier) @call)
  (parenthesized_expression (identifier) @call)])
(call_expression function: (type_instantiation_expression type: (type_identifier) @call))
