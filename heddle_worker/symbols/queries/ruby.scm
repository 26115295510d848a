(assignment left: (constant) @name) @definition.constant
(class name: (_) @name) @definition.class
(module name: (_) @name) @definition.module
(call method: (identifier) @_block arguments: (argument_list . [(string) (constant) (scope_resolution) (simple_symbol)] @name)
  block: [(do_block) (block)]
  (#any-of? @_block "describe" "context" "it" "specify" "test" "feature" "scenario")) @definition.test

(comment) @comment
(string_content) @text
(heredoc_content) @text
(character) @text
(program (_) @mark)
(body_statement (_) @mark)
(then (_) @mark)
(do (_) @mark)
(else (_) @mark)
(argument_list) @end
(element_reference) @mark
(unary) @mark
(call method: (_) @call)
