# bash completion of everyctl(1): commands, options, and what may stand behind them.

# The names of the jobs, of the configuration that the command line names. Readline takes a colon
# for the end of a word, so that what stands before it is not to be given again.
_everyctl_jobs() {
	local config=${1/#\~\//$HOME/} before=
	[[ $2 != *:* || $COMP_WORDBREAKS != *:* ]] || before=${2%"${2##*:}"}
	mapfile -t COMPREPLY < <(compgen -W "$(everyctl ${config:+-c "$config"} names 2>/dev/null)" -- "$2")
	COMPREPLY=("${COMPREPLY[@]#"$before"}")
}

_everyctl_zones() {
	awk '$1 == "Z" { print $2 } $1 == "L" { print $3 }' \
		"${TZDIR:-/usr/share/zoneinfo}/tzdata.zi" 2>/dev/null
}

_everyctl() {
	local commands='check check-health events exec explain help history import kill list logs names'
	commands+=' next pause reload resume run show simulate status stop why'
	local verdicts='ok failed timeout killed lost skipped coalesced missed paused refused cancelled'
	local common='--config --socket --json --no-header --color --help --version'
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	local command='' config='' i options

	# "cron.daily:apt" comes as three words.
	for ((i = COMP_CWORD; i > 1; i--)); do
		[[ ${COMP_WORDS[i]} == : || ${COMP_WORDS[i - 1]} == : ]] || break
		cur=${COMP_WORDS[i - 1]}$cur
		prev=${COMP_WORDS[i - 2]}
	done
	# "--zone=Europe" comes as three words.
	if [[ $cur == = ]]; then
		cur=
	elif [[ $prev == = ]]; then
		prev=${COMP_WORDS[i - 2]}
	fi

	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		-c | --config)
			[[ ${COMP_WORDS[i + 1]} != = ]] || ((++i))
			((++i))
			config=${COMP_WORDS[i]}
			;;
		-c*) config=${COMP_WORDS[i]#-c} ;;
		--color | --socket) ((++i)) ;;
		-* | =) ;;
		*) [[ $command ]] || command=${COMP_WORDS[i]} ;;
		esac
	done

	COMPREPLY=()
	case $prev in
	-c | --config | --socket | -o | --output | --svg)
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
		;;
	--root)
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -d -- "$cur")
		return
		;;
	--color)
		mapfile -t COMPREPLY < <(compgen -W 'always never auto' -- "$cur")
		return
		;;
	--state)
		mapfile -t COMPREPLY < <(compgen -W 'running paused failing waiting overdue' -- "$cur")
		return
		;;
	-s | --signal | --sort)
		local words='term kill'
		[[ $command != list ]] || words='name next last failures'
		mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
		return
		;;
	--verdict)
		mapfile -t COMPREPLY < <(compgen -W "$verdicts" -- "$cur")
		return
		;;
	--zone)
		mapfile -t COMPREPLY < <(compgen -W "$(_everyctl_zones)" -- "$cur")
		return
		;;
	--job)
		_everyctl_jobs "$config" "$cur"
		return
		;;
	--durations)
		mapfile -t COMPREPLY < <(compgen -W 'ledger none' -- "$cur")
		return
		;;
	--measure)
		mapfile -t COMPREPLY < <(compgen -W 'starts busy' -- "$cur")
		return
		;;
	-[degnr] | --count | --cron | --default-duration | --duration | --environment | --fail | \
		--for | --from | --group | --queue | --reason | --run | --seed | --to | --until | \
		--workers)
		# To exec, -d is --diff, behind which the job follows.
		[[ $command == exec && $prev == -d ]] || return
		;;
	-u | --user)
		mapfile -t COMPREPLY < <(compgen -u -- "$cur")
		return
		;;
	esac

	case $command in
	check) options='--dump' ;;
	exec) options='--diff --environment --force --shell' ;;
	explain) options='--zone --from --job' ;;
	history) options='--count --from --to --verdict' ;;
	import) options='--user --system --anacron --output --root' ;;
	kill) options='--run --signal' ;;
	list) options='--count --group --sort --state --user --verdict' ;;
	logs) options='--count --follow --run' ;;
	next) options='--count --from --zone --cron' ;;
	pause) options='--all --for --group --reason --until' ;;
	resume) options='--all --group' ;;
	run) options='--environment --force --wait' ;;
	simulate)
		options='--from --to --zone --duration --default-duration --durations --fail --seed'
		options+=' --workers --queue --timeline --heatmap --measure --svg'
		;;
	*) options='' ;;
	esac
	if [[ $cur == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$options $common" -- "$cur")
		return
	fi
	case $command in
	'' | help)
		mapfile -t COMPREPLY < <(compgen -W "$commands" -- "$cur")
		;;
	check | check-health | events | exec | history | kill | list | logs | next | pause | resume | \
		run | show | simulate | why)
		_everyctl_jobs "$config" "$cur"
		;;
	import)
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		;;
	esac
}

complete -F _everyctl everyctl
