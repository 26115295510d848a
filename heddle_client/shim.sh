
earlier=$0.before-heddle
newline='
'

# Nobody is asked: git gets the answer of the hook that was here before, if there was one.
leave() {
    if [ -x "$earlier" ]; then
        exec "$earlier" "$@"
    fi
    exit 0
}

# A command that heddle runs may use git, and is not asked about what it does itself.
[ -z "${HEDDLE_HOOK_PROTOCOL-}" ] || leave "$@"

# Where git keeps what all worktrees share, and where the daemon keeps its files beside that.
git_dir=${GIT_DIR:-.git}
if [ -f "$git_dir" ]; then
    IFS= read -r line <"$git_dir"
    git_dir=${line#gitdir: }
elif [ -L "$git_dir" ]; then
    git_dir=$(CDPATH='' cd -P -- "$git_dir" && pwd -P)
fi
case $git_dir in
/*) ;;
. | ./) git_dir=$PWD ;;
*) git_dir=$PWD/$git_dir ;;
esac
git_dir=${git_dir%/}
common=$git_dir
if [ -f "$git_dir/commondir" ]; then
    case $git_dir in
    */worktrees/*) common=${git_dir%/worktrees/*} ;;
    esac
fi
case $common in
*/.git) heddle=${common%/.git}/.heddle ;;
*) heddle=$common/.heddle ;;
esac

# Whoever has nobody to ask refuses, if that is what it was installed for.
without() {
    [ "$policy" = closed ] || leave "$@"
    case "$hook $1" in
    commit-msg* | pre-push* | pre-rebase*) ;;
    *) leave "$@" ;;
    esac
    printf 'heddle: %s refused: %s\n' "$hook" "$missing" >&2
    exit 1
}
if [ ! -S "$heddle/sockets/grpc.sock" ]; then
    missing='no daemon runs; start it with: heddle agent serve --detach'
    without "$@"
fi

# The daemon keeps a list of the hooks that somebody listens to, and of what about them.
listening=$heddle/hooks/listening
{ [ -s "$listening" ] && [ -r "$listening" ]; } || leave "$@"
wanted=
while read -r name what; do
    [ "$name" != "$hook" ] || wanted="$wanted ${what:-all}"
done <"$listening"
[ -n "$wanted" ] || leave "$@"
if [ "$hook" = reference-transaction ] && [ "$1" != prepared ]; then
    leave "$@"
fi
if [ ! -x "$python" ] || [ ! -r "$client" ]; then
    missing='heddle is not where it was; run: heddle hook install'
    without "$@"
fi

# Two are to read what git writes to the hook: the point keeps the newlines at its end.
reads=no
case $hook in
pre-push | reference-transaction)
    reads=yes
    input=$(
        while IFS= read -r line; do printf '%s\n' "$line"; done
        printf '%s.' "$line"
    )
    input=${input%.}
    ;;
esac
ask() {
    if [ $reads = yes ]; then
        printf '%s' "$input" 2>/dev/null | "$@"
    else
        "$@"
    fi
}

if [ -x "$earlier" ]; then
    ask "$earlier" "$@" || exit $?
fi

# Of the many transactions only those matter that make a branch or begin a merge.
if [ "$hook" = reference-transaction ]; then
    zeros=0000000000000000000000000000000000000000
    matters=no
    case "$wanted$newline$input" in
    *branch*"$newline$zeros"*' refs/heads/'*) matters=yes ;;
    *merge*' ORIG_HEAD'*) [ -z "${GIT_REFLOG_ACTION-}" ] || matters=yes ;;
    esac
    [ $matters = yes ] || exit 0
fi

ask "$python" "$isolation" "$client" "$policy" "$heddle" "$hook" "$@"
case $? in
0) exit 0 ;;
77) exit 1 ;;
esac
[ "$policy" = closed ] || exit 0
printf 'heddle: %s refused: the client of heddle failed\n' "$hook" >&2
exit 1
