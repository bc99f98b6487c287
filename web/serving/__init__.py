"""How the workbench is reached: its server, its addresses and names, its certificates."""
