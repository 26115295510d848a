; What the grammar's own tags leave out, and the layers of the text that decide on its meaning.

(decorated_definition) @wrap

(comment) @comment
(line_continuation) @comment
(string_content) @text
; Where a block ends shows in the layout alone, and so does where a statement does that could go on.
(block) @end
(return_statement) @end
(raise_statement) @end
(yield) @end
(expression_statement . [
  (parenthesized_expression) (tuple) (list) (list_comprehension) (generator_expression)
  (unary_operator) (string) (concatenated_string) (list_splat) (ellipsis)]) @mark
(expression_statement . (call function: (parenthesized_expression))) @mark
(expression_statement . (attribute object: [(parenthesized_expression) (list) (string)])) @mark
(expression_statement . (assignment left: [(list_pattern) (tuple_pattern) (pattern_list)])) @mark
(expression_statement . (call function: (attribute object: [
  (parenthesized_expression) (list) (string) (list_comprehension)]))) @mark
(call function: [(identifier) @call (attribute attribute: (identifier) @call)])
