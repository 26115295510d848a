# Completion of heddle for fish: heddle completion fish > ~/.config/fish/completions/heddle.fish
function __heddle_complete
    set -l words (commandline -opc) (commandline -ct)
    set -l found (heddle completion words -- $words[2..-1] 2>/dev/null)
    if test (count $found) -gt 0
        printf '%s\n' $found
    else
        __fish_complete_path (commandline -ct)
    end
end
complete -c heddle -f -a '(__heddle_complete)'
