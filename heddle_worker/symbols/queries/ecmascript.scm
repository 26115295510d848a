; Beyond the grammar's own tags: constructors, fields, constants, generators, blocks of tests.

(method_definition name: (_) @name) @definition.method
(variable_declarator name: (identifier) @name
  value: [(arrow_function) (function_expression) (generator_function)]) @definition.function
(variable_declarator name: (identifier) @name value: (class)) @definition.class
(assignment_expression
  left: [(identifier) @name (member_expression property: (property_identifier) @name)]
  right: [(arrow_function) (function_expression) (generator_function)]) @definition.function
(assignment_expression
  left: [(identifier) @name (member_expression property: (property_identifier) @name)]
  right: (class)) @definition.class
(assignment_expression
  left: (member_expression object: (identifier) @parent property: (property_identifier) @name)
  right: [(arrow_function) (function_expression) (generator_function) (class)]
  (#not-match? @parent "^(exports|module|window|global|globalThis|self)$")) @definition.function
(assignment_expression
  left: (member_expression
    object: (member_expression object: (identifier) @parent property: (property_identifier) @_prototype)
    property: (property_identifier) @name)
  right: [(arrow_function) (function_expression) (generator_function)]
  (#eq? @_prototype "prototype")) @definition.function
(pair key: [(property_identifier) (string)] @name
  value: [(arrow_function) (function_expression) (generator_function)]) @definition.function

(program (lexical_declaration (variable_declarator name: (identifier) @name) @definition.constant))
(program (variable_declaration (variable_declarator name: (identifier) @name) @definition.constant))
(program (export_statement (lexical_declaration
  (variable_declarator name: (identifier) @name) @definition.constant)))

(call_expression
  function: [(identifier) @_block (member_expression object: (identifier) @_block)]
  arguments: (arguments . [(string) (template_string)] @name . [(arrow_function) (function_expression)])
  (#any-of? @_block "describe" "it" "test" "suite" "context" "specify")) @definition.test

(export_statement) @wrap
(program (lexical_declaration) @wrap)
(program (variable_declaration) @wrap)
(lexical_declaration (variable_declarator value: [(arrow_function) (function_expression)])) @wrap
(program (expression_statement (assignment_expression)) @wrap)
(decorator) @attribute

(comment) @comment
(string_fragment) @text
(regex_pattern) @text
; What a line break ends although it could go on.
(return_statement) @end
(break_statement) @end
(continue_statement) @end
(yield_expression) @end
(update_expression) @mark
(call_expression function: [(identifier) @call (member_expression property: (_) @call)])
(new_expression constructor: [(identifier) @call (member_expression property: (_) @call)])
