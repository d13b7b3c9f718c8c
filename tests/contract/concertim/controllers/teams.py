"""Teams: they come with the sign-up."""


def index(call):
    return [call.show.team(team) for team in call.model.teams.values()]
