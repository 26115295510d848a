; The grammar ships no tags.

(function_definition name: (word) @name) @definition.function
(program (declaration_command (variable_assignment name: (variable_name) @name)) @definition.constant)
(program (variable_assignment name: (variable_name) @name) @definition.constant)

(comment) @comment
(string_content) @text
(raw_string) @text
(ansi_c_string) @text
(heredoc_body) @text
(word) @word
(concatenation) @end
(string) @end
(command) @mark
(_ (variable_assignment) @mark)
(command name: (command_name (word) @call))
