; What C and C++ have in common.

(struct_specifier name: (type_identifier) @name body: (_)) @definition.struct
(union_specifier name: (type_identifier) @name body: (_)) @definition.union
(enum_specifier name: (type_identifier) @name body: (_)) @definition.enum
(preproc_def name: (identifier) @name) @definition.macro
(preproc_function_def name: (identifier) @name) @definition.macro
(translation_unit (declaration declarator:
  (init_declarator declarator: [
    (identifier) @name
    (array_declarator declarator: (identifier) @name)
    (pointer_declarator declarator: (identifier) @name)])) @definition.constant)

(declaration type: [(struct_specifier) (union_specifier) (enum_specifier)]) @wrap

(comment) @comment
(string_literal) @text
(char_literal) @text
(system_lib_string) @text
(preproc_arg) @end
(preproc_def) @mark
(preproc_function_def) @mark
(preproc_include) @mark
(call_expression function: [
  (identifier) @call
  (field_expression field: (field_identifier) @call)])
