; What the grammar's own tags leave out, and the layers of the text that decide on its meaning.

(decorated_definition) @wrap

(comment) @comment
(line_continuation) @comment
(string_content) @text
(block (_) @mark)
(module (_) @mark)
(block) @end
(call function: [(identifier) @call (attribute attribute: (identifier) @call)])
