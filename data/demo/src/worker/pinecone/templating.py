from jinja2 import Environment, FileSystemLoader, StrictUndefined

environment = Environment(loader=FileSystemLoader("templates"), undefined=StrictUndefined, autoescape=True)


def render(name: str, context: dict) -> str:
    template = environment.get_template(name)
    return template.render(context)
