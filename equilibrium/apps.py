from django.apps import AppConfig


class EquilibriumConfig(AppConfig):
    name = "equilibrium"
    verbose_name = "Equilibrium"
