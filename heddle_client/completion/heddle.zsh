#compdef heddle
# Completion of heddle for zsh: heddle completion zsh > a directory of $fpath/_heddle
_heddle() {
    local line
    local -a found
    for line in "${(@f)$(heddle completion words -- "${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
        [[ -n $line ]] && found+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
    done
    if (( $#found )); then
        _describe heddle found
    else
        _files
    fi
}
if [[ $funcstack[1] == _heddle ]]; then
    _heddle "$@"
else
    compdef _heddle heddle
fi
