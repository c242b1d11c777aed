# bash completion of everyctl(1).
_everyctl() {
	local cur=${COMP_WORDS[COMP_CWORD]} commands='check help'
	mapfile -t COMPREPLY < <(compgen -W "$commands" -- "$cur")
}
complete -F _everyctl everyctl
