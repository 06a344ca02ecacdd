from django.apps import AppConfig


class CotConfig(AppConfig):
    name = "cot"
